import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

/** Who may import whom: our own folders, and what from outside. Anything else is an error, types included. */
const layers = {
  contract: { ours: [], outside: ['zod'] },
  storage: { ours: ['contract'], outside: ['node'] },
  model: { ours: ['contract'], outside: ['@tensorflow/tfjs'] },
  engine: {
    ours: ['contract', 'storage', 'model'],
    outside: ['node', '@tensorflow/*', 'onnxruntime-node', 'sharp', 'protobufjs'],
  },
  app: { ours: ['contract', 'storage'], outside: ['node', 'yauzl', 'yazl', 'zod'] },
  electron: { ours: ['contract', 'app'], outside: ['node', 'electron'] },
  web: { ours: ['contract', 'app'], outside: ['node', 'trash'] },
  renderer: {
    ours: ['contract'],
    outside: ['svelte', 'bits-ui', '@lucide/svelte', 'virtua', 'uplot', 'zod'],
  },
  cli: { ours: ['contract', 'app'], outside: ['node', 'commander', 'cli-progress'] },
};

const folders = Object.keys(layers);

/** Matches every package name but the allowed ones; `node` stands for Node's own, `@scope/*` for a whole scope. */
function otherPackages(allowed) {
  const patterns = allowed.map((name) => (name === 'node' ? 'node:' : `${name.replace(/\*$/, '')}`));
  const anyOf = patterns.map((name) => (/[/:]$/.test(name) ? name : `${name}(?:/|$)`)).join('|');
  return `^(?!\\.)${anyOf && `(?!${anyOf})`}`;
}

function layerConfig(folder) {
  const { ours, outside } = layers[folder];
  const forbiddenFolders = folders.filter((other) => other !== folder && !ours.includes(other));
  return {
    files: [`${folder}/**/*.ts`, `${folder}/**/*.svelte`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbiddenFolders.flatMap((other) => [`../**/${other}/**`, `../${other}/**`]),
              message: `${folder}/ may import only: ${ours.join(', ') || 'nothing of ours'}.`,
            },
            {
              regex: otherPackages(outside),
              message: `${folder}/ may import from outside only: ${outside.join(', ') || 'nothing'}.`,
            },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['node_modules/', 'out/', '.native/', '.cache/', 'demo-output/'] },
  ...tseslint.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { extraFileExtensions: ['.svelte'], parser: tseslint.parser },
    },
  },
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  {
    // What a component exports is unknown to the type checker here; svelte-check knows it, and checks the same.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // State that arrives whole is replaced whole: its maps and sets need not be watched inside.
    files: ['**/*.svelte.ts'],
    rules: { 'svelte/prefer-svelte-reactivity': 'off' },
  },
  ...folders.map(layerConfig),
  { files: ['renderer/vite.config.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['test/**', 'bench/**', 'tools/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs', '**/*.js'], ...tseslint.configs.disableTypeChecked },
);

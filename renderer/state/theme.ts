import type { Settings } from '../../contract/settings.ts';

/** Puts the theme on the root element, and follows the system where that is wished. Answers what ends it. */
export function followTheme(theme: Settings['theme']): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const put = () => {
    document.documentElement.dataset['theme'] =
      theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  };
  put();
  dark.addEventListener('change', put);
  return () => dark.removeEventListener('change', put);
}

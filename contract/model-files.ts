/** Endings, without the dot, of files that hold a model as it is exported here. */
export const modelEndings = ['zip', 'unspeckle'] as const;

/** What is dropped under one of these is a model to import. An ONNX file is refused then, with what to choose in its place. */
const takenForModels: ReadonlySet<string> = new Set([...modelEndings, 'onnx']);

export function isModelFile(path: string): boolean {
  return takenForModels.has(/\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '');
}

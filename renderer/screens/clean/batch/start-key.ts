/** What counts of a key that was pressed. */
interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly target: unknown;
}

/** Ctrl+Enter, anywhere but in a dialog: there it is meant for what the dialog asks. */
export function isStartKey({ key, ctrlKey, target }: KeyPress): boolean {
  if (key !== 'Enter' || !ctrlKey) return false;
  const element = target as { closest?(selector: string): unknown } | null;
  return !element?.closest?.('[role="dialog"], [role="alertdialog"]');
}

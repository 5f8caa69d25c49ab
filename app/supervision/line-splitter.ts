/** Cuts a stream of text into lines. A line that never ends is passed on in pieces. */
export function lineSplitter(onLine: (line: string) => void, longest = 8000): (data: Buffer) => void {
  let rest = '';
  return (data) => {
    const lines = (rest + data.toString('utf8')).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
    while (rest.length > longest) {
      onLine(rest.slice(0, longest));
      rest = rest.slice(longest);
    }
  };
}

/** Lets the browser download an address of the app. @param name where the address does not say one */
export function download(address: string, name = ''): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

/** Hands a file to the browser, which saves it as any download. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; without a later end the browser may find the address gone.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

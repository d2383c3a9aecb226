/** Puts the text on the clipboard. False where the browser does not let us: a page without https has no clipboard, and a person may forbid it. */
export async function copyText(text: string): Promise<boolean> {
  const { clipboard } = navigator as { clipboard?: Pick<Clipboard, "writeText"> };
  if (!clipboard) return false;
  return clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

import { createSecrets } from "../secrets.ts";

/** `init <file>`: new secrets under the passphrase; prints what the hub's owner registers. */
export async function init(path: string, passphrase: string): Promise<void> {
  const made = await createSecrets({ path, passphrase });
  process.stdout.write(`${JSON.stringify(made)}\n`);
}

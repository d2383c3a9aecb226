/**
 * The secret from which all keys of an account's purchases are derived: from one wallet signature over a fixed text,
 * asked for twice the first time. A wallet whose signatures differ gets a random secret and a backup file instead.
 */
import { bytesToHex, type Hex, sha256 } from "viem";
import type { WeirConfig } from "./config.ts";
import { loadSecret, saveSecret } from "./keyStore.ts";
import { recall, remember } from "./localState.ts";
import { keyText, secretFromSignature } from "./weir.ts";

export class WrongKeys extends Error {
  override readonly name = "WrongKeys";
  constructor() {
    super("the wallet signed differently from before: these are not the keys this browser knows");
  }
}

/** In memory only: a reload asks the wallet once more. */
const known = new Map<string, Uint8Array>();

/** A fingerprint to recognise the same secret by; the secret cannot be found from it. */
const fingerprint = (secret: Uint8Array): Hex => sha256(bytesToHex(secret));

export interface SecretRequest {
  config: WeirConfig;
  account: Hex;
  /** 0: behind the keys that were bought with. n: behind those after a purchase's n-th change of keys. */
  rotation: number;
  /** Asks the wallet; `round` 2 is the check that it signs the same twice. */
  sign: (text: string, round: 1 | 2) => Promise<Hex>;
  /** A wallet that cannot derive keys: make or restore a secret, with the person's help. */
  askForBackup: () => Promise<Uint8Array>;
}

const idOf = ({ config, account }: SecretRequest, rotation: number): string =>
  `keys.${config.chainId}.${config.contracts.Grants}.${account}${rotation ? `.${rotation}` : ""}`.toLowerCase();

export async function accountSecret(request: SecretRequest): Promise<Uint8Array> {
  const { config, account, rotation } = request;
  const id = idOf(request, rotation);
  const secret =
    known.get(id) ?? (await loadSecret(config.chainId, account, rotation)) ?? (await fromWallet(request, id));
  known.set(id, secret);
  return secret;
}

async function fromWallet(request: SecretRequest, id: string): Promise<Uint8Array> {
  const { config, account, rotation, sign, askForBackup } = request;
  const text = await keyText(config, account, rotation);
  const first = await secretFromSignature(await sign(text, 1));
  const expected = recall(id);
  if (expected) {
    if (expected !== fingerprint(first)) throw new WrongKeys();
    return first;
  }
  // A wallet that was seen to repeat itself need not show it again for every change of keys.
  const isSteady = rotation > 0 && recall(idOf(request, 0)) !== null;
  const again = isSteady ? first : await secretFromSignature(await sign(text, 2));
  if (fingerprint(first) === fingerprint(again)) {
    remember(id, fingerprint(first));
    return first;
  }
  const random = await askForBackup();
  await saveSecret(config.chainId, account, rotation, random);
  return random;
}

/** Who stands behind an address, where strangers are counted: an IPv4 address, or the first 64 bits of an IPv6 one, because a single customer has all the others. */
export function networkOf(address: string): string {
  // What comes over IPv4 to a socket for both is written so, with dots or without.
  const text = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!text.includes(":") || /^::ffff:/i.test(text)) return text;
  const [head = "", tail] = text.split("::");
  const groups = head.split(":").filter(Boolean);
  if (tail !== undefined) {
    const rest = tail.split(":").filter(Boolean);
    groups.push(...new Array(8 - groups.length - rest.length).fill("0"), ...rest);
  }
  return groups.slice(0, 4).join(":");
}

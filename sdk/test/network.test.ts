import { networkOf } from "@weir/sdk/wire";
import { expect, test } from "vitest";

test.each([
  ["192.0.2.7", "192.0.2.7", "an IPv4 address stands for itself"],
  ["::ffff:192.0.2.7", "192.0.2.7", "also where it came to a socket for both"],
  ["::ffff:c000:207", "::ffff:c000:207", "and written without dots, where it is its own neighbour"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2", "of IPv6 the first half counts"],
  ["2001:db8:1:2::9", "2001:db8:1:2", "however it is shortened"],
  ["2001:db8::9", "2001:db8:0:0", "zeros left out count"],
  ["::1", "0:0:0:0", "in front, too"],
  ["", "", "who has no address is one of those who have none"],
])("%s is counted as %s: %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

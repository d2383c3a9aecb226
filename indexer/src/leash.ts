/**
 * Loaded into Ponder's process by the supervisor: when the supervisor is gone, however it died, the channel between them
 * closes and Ponder ends too. Ponder also runs this file as one of `src/`, once more, which changes nothing.
 */
if (process.channel) {
  process.once("disconnect", () => process.exit(0));
  process.channel.unref();
}

// The whole of the command line: every noun and its verbs, in the order in which people meet them.
import { Command } from "commander";
import { noun } from "../command.ts";
import { buyCommand } from "./buy.ts";
import { channelClose } from "./channel/close.ts";
import { channelList } from "./channel/list.ts";
import { channelTopUp } from "./channel/top-up.ts";
import { channelWithdraw } from "./channel/withdraw.ts";
import { claimCommand } from "./claim.ts";
import { commandCommand } from "./command.ts";
import { deviceKit } from "./device/kit.ts";
import { deviceRegister } from "./device/register.ts";
import { deviceRevoke } from "./device/revoke.ts";
import { deviceRotate } from "./device/rotate.ts";
import { deviceToken } from "./device/token.ts";
import { doctorCommand } from "./doctor.ts";
import { gatewayInit } from "./gateway/init.ts";
import {
  gatewayBackup,
  gatewayCheck,
  gatewayRestore,
  gatewayRun,
  gatewayStatus,
} from "./gateway/programs.ts";
import { grantRotate } from "./grant/rotate.ts";
import { hubCreate } from "./hub/create.ts";
import { hubRole } from "./hub/role.ts";
import { hubShow } from "./hub/show.ts";
import { listingCreate } from "./listing/create.ts";
import { listingList } from "./listing/list.ts";
import { listingRevise } from "./listing/revise.ts";
import { listingShow } from "./listing/show.ts";
import { listingClose, listingPause, listingResume } from "./listing/state.ts";
import { ratingGive } from "./rating/give.ts";
import { ratingList } from "./rating/list.ts";
import { ratingRespond } from "./rating/respond.ts";
import { relayCheck } from "./relay/check.ts";
import { relayPull } from "./relay/pull.ts";
import { relayRegister } from "./relay/register.ts";
import { relayRun } from "./relay/run.ts";
import { relayStatus } from "./relay/status.ts";
import { requestApprove } from "./request/approve.ts";
import { requestCreate } from "./request/create.ts";
import { requestDecline } from "./request/decline.ts";
import { requestList } from "./request/list.ts";
import { subscriptionCancel } from "./subscription/cancel.ts";
import { subscriptionList } from "./subscription/list.ts";
import { verifyCommand } from "./verify.ts";
import { walletNew } from "./wallet/new.ts";
import { walletShow } from "./wallet/show.ts";
import { watchCommand } from "./watch.ts";

/** `json`: a wrong word is told by the caller, as an object. */
export function createProgram({ json }: { json: boolean }): Command {
  const program = new Command("weir").description("Weir sells live data by the message.");
  for (const command of [
    doctorCommand(),
    noun("wallet", "the account that signs", [walletNew(), walletShow()]),
    noun("hub", "a seller's organisation", [hubCreate(), hubShow(), hubRole()]),
    noun("device", "what measures", [
      deviceRegister(),
      deviceRotate(),
      deviceRevoke(),
      deviceKit(),
      deviceToken(),
    ]),
    noun("gateway", "the seller's edge program", [
      gatewayInit(),
      gatewayCheck(),
      gatewayStatus(),
      gatewayRun(),
      gatewayBackup(),
      gatewayRestore(),
    ]),
    noun("listing", "a stream on sale", [
      listingCreate(),
      listingRevise(),
      listingList(),
      listingShow(),
      listingPause(),
      listingResume(),
      listingClose(),
    ]),
    noun("request", "asking for a restricted listing", [
      requestCreate(),
      requestList(),
      requestApprove(),
      requestDecline(),
    ]),
    buyCommand(),
    watchCommand(),
    commandCommand(),
    noun("channel", "the escrow of message and byte plans", [
      channelList(),
      channelTopUp(),
      channelClose(),
      channelWithdraw(),
    ]),
    noun("subscription", "the escrow of period and flat plans", [subscriptionList(), subscriptionCancel()]),
    noun("grant", "a right to read", [grantRotate()]),
    noun("rating", "the verdict of who has paid", [ratingGive(), ratingList(), ratingRespond()]),
    claimCommand(),
    verifyCommand(),
    noun("relay", "the courier", [relayRun(), relayCheck(), relayRegister(), relayStatus(), relayPull()]),
  ])
    program.addCommand(command);
  for (const command of everyCommand(program)) {
    command.exitOverride().showHelpAfterError("(--help shows what there is)");
    if (json) command.configureOutput({ writeErr: () => undefined });
  }
  return program;
}

/** The program and all below it. */
export const everyCommand = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap((below) => everyCommand(below as Command)),
];

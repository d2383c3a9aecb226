import { db } from "ponder:api";
import { device, hub, listing, publisherKey, role } from "ponder:schema";
import { Hono } from "hono";
import { and, count, desc, eq, inArray, lt, ne, or, sql } from "ponder";
import { getAddress } from "viem";
import { parseObject } from "../metadata.ts";
import { ROLES, wordsOf } from "../words.ts";
import { NotFound } from "./errors.ts";
import { pageOf } from "./page.ts";
import { readAccount, readCursor, readId, readLimit, readQuery } from "./parameters.ts";

/** Devices, keys and roles of one hub in one answer, newest first: a hub with more cannot make the answer grow. */
const MAX_ROWS = 1_000;

export const hubs = new Hono();

/** Newest first. `member`: its owner, or an account with a role in it. `pendingOwner`: who may accept it. */
hubs.get("/", async (c) => {
  const query = readQuery(c.req.url, ["member", "pendingOwner", "limit", "cursor"]);
  const limit = readLimit(query.limit);
  const before = readCursor(query.cursor, /^\d{1,20}$/);
  const rows = await db
    .select()
    .from(hub)
    .where(
      and(
        query.member === undefined ? undefined : isMember(readAccount("member", query.member)),
        query.pendingOwner === undefined
          ? undefined
          : eq(hub.pendingOwner, readAccount("pendingOwner", query.pendingOwner)),
        before === undefined ? undefined : lt(hub.id, BigInt(before)),
      ),
    )
    .orderBy(desc(hub.id))
    .limit(limit + 1);
  const roles = await readRoles(rows.map(({ id }) => id));
  const write = (row: Row) => writeItem(row, roles);
  return c.json(pageOf(rows, limit, { write, position: ({ id }) => String(id) }));
});

hubs.get("/:id", async (c) => {
  readQuery(c.req.url, []);
  const id = readId("id", c.req.param("id"));
  const [row] = await db.select().from(hub).where(eq(hub.id, id));
  if (!row) throw new NotFound(`There is no hub ${id}.`);
  const [roles, devices, keys, [listings]] = await Promise.all([
    readRoles([id]),
    db
      .select()
      .from(device)
      .where(eq(device.hubId, id))
      .orderBy(desc(device.registeredAt), device.nameHash)
      .limit(MAX_ROWS),
    db
      .select()
      .from(publisherKey)
      .where(eq(publisherKey.hubId, id))
      .orderBy(desc(publisherKey.keyId))
      .limit(MAX_ROWS),
    db.select({ count: count() }).from(listing).where(eq(listing.hubId, id)),
  ]);
  return c.json({
    ...writeItem(row, roles),
    devices: devices.map(({ hubId: _, metadata, ...rest }) => ({
      ...rest,
      metadata: parseObject(metadata) ?? {},
      metadataText: metadata,
    })),
    publisherKeys: keys.map(({ hubId: _, account, ...rest }) => ({ ...rest, account: getAddress(account) })),
    listings: listings?.count ?? 0,
  });
});

const isMember = (account: `0x${string}`) =>
  or(
    eq(hub.owner, account),
    sql`EXISTS (SELECT 1 FROM ${role} WHERE ${role.hubId} = ${hub.id} AND ${role.ownerEpoch} = ${hub.ownerEpoch}
      AND ${role.account} = ${account} AND ${role.roles} <> 0)`,
  );

type Row = typeof hub.$inferSelect;
type RoleRow = typeof role.$inferSelect;

/** Roles of all these hubs, of whatever epoch. */
async function readRoles(ids: bigint[]): Promise<RoleRow[]> {
  if (ids.length === 0) return [];
  return db
    .select({ ...roleColumns })
    .from(role)
    .innerJoin(hub, and(eq(hub.id, role.hubId), eq(hub.ownerEpoch, role.ownerEpoch)))
    .where(and(inArray(role.hubId, ids), ne(role.roles, 0)))
    .orderBy(role.account)
    .limit(MAX_ROWS);
}

const roleColumns = {
  hubId: role.hubId,
  ownerEpoch: role.ownerEpoch,
  account: role.account,
  roles: role.roles,
};

const writeItem = (row: Row, roles: RoleRow[]) => ({
  id: String(row.id),
  owner: getAddress(row.owner),
  pendingOwner: row.pendingOwner && getAddress(row.pendingOwner),
  payout: getAddress(row.payout),
  name: row.name,
  metadata: parseObject(row.metadata) ?? {},
  metadataText: row.metadata,
  encryptionKey: row.encryptionKey,
  createdAt: row.createdAt,
  roles: roles
    .filter(({ hubId }) => hubId === row.id)
    .map((given) => ({ account: getAddress(given.account), roles: wordsOf(ROLES, given.roles) })),
});

// The market's suite on the embedded database. postgres.test.ts runs the same one on PostgreSQL.
// ├── search, filters, facets and pages equal a scan over the events; strings of strangers
// ├── hubs: roles, devices, keys, a change of owner
// ├── sale: requests, subscriptions, gifts, buyers, earnings, relays, activity, ratings
// ├── GraphQL: every table, and what is refused
// ├── health, wrong questions
// └── a restarted chain: everything forgotten, the new one indexed
import { marketSuite } from "./support/suite.ts";

marketSuite(() => ({}));

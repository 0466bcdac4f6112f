import type {Pane} from '../src/contract/pane.ts';
import {consumerLagPane} from '../views/panes/consumer-lag-pane.ts';
import {podsPane} from '../views/panes/pods-pane.ts';
import {redisMemoryPane} from '../views/panes/redis-memory-pane.ts';
import {slowQueriesPane} from '../views/panes/slow-queries-pane.ts';
import {targetsPane} from '../views/panes/targets-pane.ts';
import {topPane} from '../views/panes/top-pane.ts';

/** All panes, in the order of their number keys. Keys, help, palette, tab line and docs/keys.md follow this list. */
export const panes: readonly Pane[] = [
	podsPane,
	topPane,
	slowQueriesPane,
	redisMemoryPane,
	consumerLagPane,
	targetsPane,
];

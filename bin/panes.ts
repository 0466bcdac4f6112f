import type {Pane} from '../src/pane.ts';
import {consumerLagPane} from '../views/panes/consumer-lag.ts';
import {podsPane} from '../views/panes/pods.ts';
import {redisMemoryPane} from '../views/panes/redis-memory.ts';
import {slowQueriesPane} from '../views/panes/slow-queries.ts';
import {targetsPane} from '../views/panes/targets.ts';
import {topPane} from '../views/panes/top.ts';

/** The panes in the order of their keys, 1 to 6: the one place that lists them. */
export const panes: readonly Pane[] = [
	podsPane,
	topPane,
	slowQueriesPane,
	redisMemoryPane,
	consumerLagPane,
	targetsPane,
];

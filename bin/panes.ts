import type {Pane} from '../src/contract/pane.ts';
import {consumerLagPane} from '../views/panes/consumer-lag-pane.ts';
import {podsPane} from '../views/panes/pods-pane.ts';
import {redisMemoryPane} from '../views/panes/redis-memory-pane.ts';
import {slowQueriesPane} from '../views/panes/slow-queries-pane.ts';
import {targetsPane} from '../views/panes/targets-pane.ts';
import {topPane} from '../views/panes/top-pane.ts';

/** The panes in the order of their keys, 1 to 6: the one place that lists them. */
export const panes: readonly Pane[] = [
	podsPane,
	topPane,
	slowQueriesPane,
	redisMemoryPane,
	consumerLagPane,
	targetsPane,
];

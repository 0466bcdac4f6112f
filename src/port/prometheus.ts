import type {Context} from '../contract/context.ts';
import type {Labels} from '../contract/row.ts';
import type {HttpSettings} from './http.ts';

/*
 * What the Targets pane needs from a Prometheus, 2.x or 3.x, or from a server that speaks its API (Thanos, Mimir, VictoriaMetrics). Every
 * member rejects with AdapterError, and at once when `context.signal` fires. A server that lacks an endpoint is recognised once, by 404,
 * 405, 501 or an HTML page: that member then returns undefined, and `up` and `ALERTS` are used instead.
 *
 * What is read, and when:
 *   GET /api/v1/query?query=E      every 10 s: count by (job) (up) · count by (job) (up == 0) · up == 0
 *                                  every 10 s up to 1,000 targets, else once a minute: up
 *                                  every 10 s up to 1,000 targets: timestamp(up) · scrape_duration_seconds
 *                                  instead of /api/v1/alerts where that lacks: ALERTS · ALERTS_FOR_STATE
 *   GET /api/v1/scrape_pools       every 5 minutes
 *   GET /api/v1/targets?state=active&scrapePool=P    pools with a target that is down; the pool that is opened
 *   GET /api/v1/alerts             every 10 s
 *   GET /api/v1/rules              once a minute; when a rule or an alert is opened
 *   GET /-/ready · /api/v1/status/runtimeinfo        every 10 s; runtimeinfo before and after a reload
 *   GET /api/v1/status/tsdb        once a minute
 *   GET /api/v1/status/buildinfo · /api/v1/status/flags    at the start; flags before a reload
 *   GET /api/v1/query_range        a graph that the user opened (src/port/prometheus-ad-hoc-queries.ts)
 *   POST /-/reload                 prometheus.reload
 */

/** What configuration gives for one target of kind `prometheus`. `url` leads to the root under which `/api/v1` is served. */
export type PrometheusSettings = HttpSettings;

/** One series at one moment. */
export type Sample = {
	/** `__name__` among them, where the series has a name. */
	readonly labels: Labels;
	readonly value: number;
	/** Epoch milliseconds of the evaluation, which is not that of the scrape. */
	readonly at: number;
};

export type InstantVector = {
	readonly samples: readonly Sample[];
	/** What the server says is missing from it, as Thanos does when a store does not answer. */
	readonly warnings: readonly string[];
};

export type Series = {
	readonly labels: Labels;
	readonly points: readonly {readonly at: number; readonly value: number}[];
};

export type QueryRange = {
	/** Epoch milliseconds. */
	readonly from: number;
	readonly to: number;
	readonly stepMs: number;
};

/** A scrape target as the server reports it, without its discovered labels: they are nine tenths of the response. */
export type ScrapeTarget = {
	readonly pool: string;
	/** The labels of its series `up`, without the name. */
	readonly labels: Labels;
	readonly url: string;
	/** `unknown`: not scraped yet. */
	readonly health: 'up' | 'down' | 'unknown';
	/** Why the last scrape failed, in the server's words; empty when it did not. */
	readonly error: string;
	/** Epoch milliseconds; undefined before the first scrape. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
	/** Undefined when the server does not report it. */
	readonly intervalMs: number | undefined;
	readonly timeoutMs: number | undefined;
};

export type PrometheusAlert = {
	/** `alertname` among them. */
	readonly labels: Labels;
	readonly annotations: Labels;
	/** `pending`: its expression is true, but for less than the `for` of its rule. */
	readonly state: 'firing' | 'pending';
	/** Since when its expression is true, in epoch milliseconds; undefined when the server does not report it. */
	readonly activeAt: number | undefined;
	/** Value of the expression, as text; empty when the server does not report it. */
	readonly value: string;
};

export type PrometheusRule = {
	readonly group: string;
	/** Where the server read it from. */
	readonly file: string;
	readonly kind: 'alerting' | 'recording';
	readonly name: string;
	/** The expression in PromQL. */
	readonly expression: string;
	readonly health: 'ok' | 'err' | 'unknown';
	/** Why it cannot be evaluated; empty when it can. */
	readonly error: string;
	/** Epoch milliseconds; undefined before the first time. */
	readonly evaluatedAt: number | undefined;
	readonly tookMs: number | undefined;
	/** The state of an alerting rule; a recording rule is always `inactive`. */
	readonly state: 'inactive' | 'pending' | 'firing';
	/** Seconds that the expression must be true. */
	readonly forSeconds: number;
	readonly labels: Labels;
	readonly annotations: Labels;
	readonly alerts: readonly PrometheusAlert[];
};

export type RuntimeInfo = {
	/** The server's own text: new at every start. */
	readonly startTime: string;
	/** When a configuration was last loaded without an error, to the second, in the server's own text. */
	readonly lastConfigTime: string;
	/** False: the last reload failed, completely or in part. */
	readonly reloadConfigSuccess: boolean;
	/** How often the write-ahead log was found corrupt. */
	readonly corruptions: number;
	readonly retention: string;
};

export type BuildInfo = {
	/** `Prometheus`, or the name that a compatible server reports. */
	readonly product: string;
	readonly version: string;
};

/** For an act: `record` is the id of its audit record, and travels in User-Agent. */
export type PrometheusWriteContext = Context & {readonly record: string};

export type PrometheusPort = {
	/** Evaluates an expression now. @throws AdapterError `denied` with the server's message when the expression is wrong; `unsupported` when its result is no vector. */
	query(expression: string, context: Context): Promise<InstantVector>;
	/** Names of all scrape pools; undefined before Prometheus 2.42. */
	pools(context: Context): Promise<readonly string[] | undefined>;
	/** The targets of one pool. A server older than 2.42 gives those of all pools; each says its own. */
	targets(pool: string, context: Context): Promise<readonly ScrapeTarget[] | undefined>;
	alerts(context: Context): Promise<readonly PrometheusAlert[] | undefined>;
	rules(context: Context): Promise<readonly PrometheusRule[] | undefined>;
	/** Requests /-/ready. `ready` is false while the server replays its write-ahead log; `answer` is the body of the response. */
	ready(context: Context): Promise<{readonly ready: boolean; readonly answer: string} | undefined>;
	runtime(context: Context): Promise<RuntimeInfo | undefined>;
	build(context: Context): Promise<BuildInfo | undefined>;
	/** The flags of the command line by name: `web.enable-lifecycle`, `config.file`. */
	flags(context: Context): Promise<Labels | undefined>;
	/** How many series are in memory. */
	series(context: Context): Promise<number | undefined>;
	/**
	 * POST /-/reload, once, after reading that the server was neither restarted nor reloaded since `expected` was read.
	 * @returns the server's words when it took only a part of the new configuration; else empty.
	 * @throws AdapterError `conflict` when it was (nothing was sent); `denied` when it could not read the new configuration and keeps the
	 * old one, with the fault; `denied` without --web.enable-lifecycle and on a connection that was opened read-only.
	 */
	reload(
		expected: Pick<RuntimeInfo, 'startTime' | 'lastConfigTime' | 'reloadConfigSuccess'>,
		context: PrometheusWriteContext,
	): Promise<string>;
};

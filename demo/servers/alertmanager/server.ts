import {createHash} from 'node:crypto';
import type {Labels} from '../../../src/contract/row.ts';
import {matchesLabels, matchesNearlyAll, parseMatchers} from '../../../src/model/alertmanager/matcher.ts';
import type {Matcher, Silence} from '../../../src/port/alertmanager.ts';
import {loadPatterns} from '../../../src/text/pattern.ts';
import {
	type FakeHttpRequest,
	type FakeHttpResponse,
	type FakeHttpServer,
	jsonResponse,
	startFakeHttpServer,
	textResponse,
} from '../../fake-http-server.ts';
import type {Scenario} from '../../scenario.ts';
import {evaluationMs, externalLabels, type FiringAlert, type Monitoring} from '../monitoring/monitoring.ts';
import {createSilences, type Silences} from './silences.ts';

const rfc3339 = (at: number): string => new Date(at).toISOString();

/** The fingerprint of an alert: a hash of its labels, by another function than the real one. */
const fingerprintOf = (labels: Labels): string =>
	createHash('sha256')
		.update(JSON.stringify(Object.entries(labels).sort()))
		.digest('hex')
		.slice(0, 16);

/** An alert is sent again and again while it fires, and resolves when it was not sent for this long. */
const resolveAfterMs = 4 * evaluationMs;

const expressions: Readonly<Record<string, string>> = {TargetDown: 'up == 0', Watchdog: 'vector(1)'};

function alertOf(world: Monitoring, silences: Silences, {labels: own, annotations, activeAt, rule}: FiringAlert) {
	const labels = {...externalLabels, ...own};
	const silencedBy = silences.silencesMatching(labels);
	const sentAt = world.evaluatedAt(world.now());
	const expression = encodeURIComponent(expressions[rule] ?? rule);
	return {
		annotations,
		endsAt: rfc3339(sentAt + resolveAfterMs),
		fingerprint: fingerprintOf(labels),
		receivers: [{name: own['severity'] === 'none' ? 'deadmansswitch' : 'oncall'}],
		startsAt: rfc3339(activeAt),
		status: {inhibitedBy: [], silencedBy, state: silencedBy.length > 0 ? 'suppressed' : 'active'},
		updatedAt: rfc3339(sentAt),
		generatorURL: `http://prom-main.example.test:9090/graph?g0.expr=${expression}&g0.tab=1`,
		labels,
	};
}

/** The response of GET /alerts. @throws SyntaxError when a filter is no matcher. */
function alertsAnswer(world: Monitoring, silences: Silences, query: URLSearchParams) {
	const matchers = query.getAll('filter').flatMap(parseMatchers);
	return world
		.alertsAt(world.now())
		.map(firing => alertOf(world, silences, firing))
		.filter(({labels}) => matchesLabels(matchers, labels))
		.filter(({status}) => query.get('active') !== 'false' || status.state !== 'active')
		.filter(({status}) => query.get('silenced') !== 'false' || status.silencedBy.length === 0);
}

const silenceOf = ({state, ...silence}: Silence) => ({...silence, status: {state}});

function statusAnswer(world: Monitoring) {
	return {
		cluster: {peers: [], status: 'disabled'},
		config: {original: 'route:\n  receiver: oncall\n'},
		uptime: rfc3339(world.startedAt),
		versionInfo: {
			branch: 'HEAD',
			buildDate: '20221222-14:51:36',
			buildUser: 'midwatch',
			goVersion: 'go1.19.4',
			revision: 'demo',
			version: '0.25.0',
		},
	};
}

const errorResponse = (code: number, message: string): FakeHttpResponse => jsonResponse({code, message}, 422);

type SentSilence = Partial<Readonly<Record<'id' | 'startsAt' | 'endsAt' | 'createdBy' | 'comment', string>>> & {
	readonly matchers?: readonly Partial<Matcher>[];
};

/** The response of POST /silences, with the messages of the real Alertmanager. */
function createSilence(scenario: Scenario, silences: Silences, body: string): FakeHttpResponse {
	const {id, startsAt, endsAt, createdBy, comment, matchers} = JSON.parse(body) as SentSilence;
	if (typeof comment !== 'string') return errorResponse(602, 'comment in body is required');
	if (typeof createdBy !== 'string') return errorResponse(602, 'createdBy in body is required');
	if (matchers === undefined || matchers.length === 0)
		return errorResponse(612, 'matchers in body should have at least 1 items');
	const [from, until] = [Date.parse(startsAt ?? ''), Date.parse(endsAt ?? '')];
	if (Number.isNaN(from) || Number.isNaN(until)) {
		return jsonResponse({code: 400, message: 'parsing silence body from "" failed, because parsing time failed'}, 400);
	}
	if (until <= from) return jsonResponse('start time must be before end time', 400);
	if (until < scenario.now()) return jsonResponse("end time can't be in the past", 400);
	const complete = matchers.map(({name = '', value = '', isRegex = false, isEqual = true}) => ({
		name,
		value,
		isRegex,
		isEqual,
	}));
	if (matchesLabels(complete, {}) || matchesNearlyAll(complete)) {
		return jsonResponse('invalid silence: at least one matcher must not match the empty string', 400);
	}
	const silenceID = silences.set({
		id: id || undefined,
		matchers: complete,
		createdBy,
		comment,
		startsAt: from,
		endsAt: until,
	});
	return silenceID === undefined ? jsonResponse('silence not found', 404) : jsonResponse({silenceID});
}

function handleRequest(
	world: Monitoring,
	scenario: Scenario,
	silences: Silences,
	{method, path, query, body}: FakeHttpRequest,
): FakeHttpResponse {
	const [, id] = /^\/api\/v2\/silence\/([^/]+)$/.exec(path) ?? [];
	if (id !== undefined) {
		const found = silences.list().find(one => one.id === id);
		if (method === 'GET') return found === undefined ? textResponse('', 404) : jsonResponse(silenceOf(found));
		if (method === 'DELETE') return silences.expire(id) ? textResponse('') : jsonResponse('silence not found', 500);
	}
	if (method === 'POST' && path === '/api/v2/silences') return createSilence(scenario, silences, body);
	if (method !== 'GET')
		return jsonResponse({code: 405, message: `method ${method} is not allowed, but [GET] are`}, 405);
	switch (path) {
		case '/-/ready':
		case '/-/healthy':
			return textResponse('OK');
		case '/api/v2/status':
			return jsonResponse(statusAnswer(world));
		case '/api/v2/receivers':
			return jsonResponse([{name: 'oncall'}, {name: 'deadmansswitch'}]);
		case '/api/v2/silences':
			return jsonResponse(silences.list().map(silenceOf));
		case '/api/v2/alerts':
			try {
				return jsonResponse(alertsAnswer(world, silences, query));
			} catch (error) {
				if (!(error instanceof SyntaxError)) throw error;
				return jsonResponse(error.message, 400);
			}
	}
	return jsonResponse({code: 404, message: `path ${path} was not found`}, 404);
}

/** An Alertmanager that is sent the alerts of the demo's monitoring, on loopback. It answers the requests of midwatch as the real one does. */
export async function startAlertmanagerApi(world: Monitoring, scenario: Scenario): Promise<FakeHttpServer> {
	await loadPatterns();
	const silences = createSilences(scenario);
	return startFakeHttpServer(request => handleRequest(world, scenario, silences, request));
}

import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import type {Secret} from '../../../src/contract/target.ts';
import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ClusterAccess, Impersonation} from '../../../src/port/kubernetes-access.ts';
import type {Clock} from '../../../src/time/clock.ts';
import type {TlsMaterial} from '../../http/agent.ts';
import {type PluginMode, runExecPlugin} from './exec-plugin.ts';

/** Credentials are renewed this long before they expire, so that they do not expire on the way. */
const renewBeforeExpiryMs = 60_000;
/** Like client-go: tokens of service accounts are replaced long before they expire. */
const tokenFileMs = 60_000;
/**
 * For this long after a failed login requests fail at once with its error. And credentials that are younger and were never accepted are not
 * renewed after a 401.
 */
const failedLoginRetryMs = 10_000;

/** Resolved credentials of a request. Every field but `generation` is or may be secret. */
export type RequestCredentials = {
	/** Increases with every renewal. */
	readonly generation: number;
	readonly access: ClusterAccess;
	readonly headers: Readonly<Record<string, string | readonly string[]>>;
	readonly tls: TlsMaterial;
};

export type Credentials = {
	/** Returns the current credentials; renews them when they have expired. @throws AdapterError `denied` when the login fails. */
	current(): Promise<RequestCredentials>;
	/**
	 * Renews the credentials with the user at the terminal.
	 * @throws AdapterError `unsupported` when the login is not a command, `denied` when it failed.
	 */
	login(): Promise<void>;
	/** The program that waits for the user's approval; undefined: none. Once it is approved the next request logs in, also right after a failed login. */
	approval(): Promise<ProgramApproval | undefined>;
	/** The server answered something other than a 401: it knows these credentials. */
	markAccepted(credentials: RequestCredentials): void;
	/**
	 * The server refused these credentials with a 401. Returns true when they are dropped: retry with `current()`. Returns false, and keeps them,
	 * when they are new and were never accepted: another login would not help.
	 */
	markRefused(credentials: RequestCredentials): boolean;
};

function impersonation(who: Impersonation | undefined): Readonly<Record<string, string | readonly string[]>> {
	if (who === undefined) return {};
	const extra = Object.entries(who.extra).map(([name, values]) => [
		// Characters that a header name cannot hold are percent-encoded; the server decodes them.
		`Impersonate-Extra-${encodeURIComponent(name)}`,
		values,
	]);
	return {
		'Impersonate-User': who.user,
		...(who.uid === undefined ? {} : {'Impersonate-Uid': who.uid}),
		...(who.groups.length === 0 ? {} : {'Impersonate-Group': who.groups}),
		...Object.fromEntries(extra),
	};
}

async function readToken(file: Secret): Promise<string> {
	const token = (await file.reveal()).trim();
	if (token === '')
		throw new AdapterError('denied', `${file.source} is empty`, 'A token is expected there: log in again.');
	return token;
}

/** Credentials with the time of their login and of their renewal, in epoch milliseconds. */
type CachedCredentials = {
	readonly credentials: RequestCredentials;
	readonly createdAt: number;
	readonly expiresAt: number;
	isAccepted: boolean;
};

/** What a login yields: the Authorization header, a client certificate, or both. */
type LoginResult = {
	readonly authorization?: string;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	/** Epoch milliseconds when to log in again; absent: when it is refused. */
	readonly expiresAt?: number;
};

async function logIn(
	access: ClusterAccess,
	settings: KubernetesSettings,
	clock: Clock,
	mode: PluginMode,
): Promise<LoginResult> {
	const {by, certificate} = access.login;
	if (mode === 'terminal' && by.kind !== 'exec') {
		const hint = 'Refresh to read again; the error then says why.';
		throw new AdapterError('unsupported', `${access.context} is not logged in to by a command`, hint);
	}
	const clientCertificate = {cert: await certificate?.cert.reveal(), key: await certificate?.key.reveal()};
	switch (by.kind) {
		case 'none':
			return clientCertificate;
		case 'token':
			return {...clientCertificate, authorization: `Bearer ${await by.token.reveal()}`};
		case 'token-file':
			return {
				...clientCertificate,
				authorization: `Bearer ${await readToken(by.token)}`,
				expiresAt: clock.now() + tokenFileMs,
			};
		case 'basic': {
			const userAndPassword = `${by.username}:${await by.password.reveal()}`;
			return {...clientCertificate, authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}`};
		}
		case 'exec': {
			const {token, cert, key, expiresAt} = await runExecPlugin(by.plugin, access, clock, settings, mode);
			return {
				...(cert === undefined ? clientCertificate : {cert, key}),
				...(token === undefined ? {} : {authorization: `Bearer ${token}`}),
				...(expiresAt === undefined ? {} : {expiresAt: renewalTime(expiresAt, clock.now())}),
			};
		}
	}
}

/** Credentials that live shorter than the margin are renewed after half their life. */
const renewalTime = (expiresAt: number, now: number): number =>
	Math.max(expiresAt - renewBeforeExpiryMs, now + (expiresAt - now) / 2);

/** Reads the access to the cluster and logs in. */
async function resolveCredentials(
	generation: number,
	settings: KubernetesSettings,
	clock: Clock,
	mode: PluginMode,
): Promise<CachedCredentials> {
	const access = await settings.access();
	const {authorization, cert, key, expiresAt} = await logIn(access, settings, clock, mode);
	const ca = await access.authority?.reveal();
	const headers = {
		...(authorization === undefined ? {} : {Authorization: authorization}),
		...impersonation(settings.impersonate ?? access.impersonate),
	};
	const tls = {ca, cert, key, servername: access.servername, insecure: access.insecure};
	return {
		credentials: {generation, access, headers, tls},
		createdAt: clock.now(),
		expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
		isAccepted: false,
	};
}

export function createCredentials(settings: KubernetesSettings, clock: Clock): Credentials {
	let cached: CachedCredentials | undefined;
	let pending: Promise<CachedCredentials> | undefined;
	let generation = 0;
	let failure: {readonly error: AdapterError; readonly until: number} | undefined;

	/** Creates and caches credentials, or caches the failure. */
	async function renew(mode: PluginMode): Promise<CachedCredentials> {
		try {
			cached = await resolveCredentials(generation + 1, settings, clock, mode);
			generation += 1;
			failure = undefined;
			return cached;
		} catch (thrown) {
			const hint = 'Check the files that the kubeconfig names, and log in again.';
			const error = isAdapterError(thrown)
				? thrown
				: new AdapterError('denied', messageOf(thrown), hint, {cause: thrown});
			failure = {error, until: clock.now() + failedLoginRetryMs};
			throw error;
		} finally {
			pending = undefined;
		}
	}

	return {
		async current() {
			if (cached !== undefined && clock.now() < cached.expiresAt) return cached.credentials;
			if (failure !== undefined && clock.now() < failure.until) throw failure.error;
			pending ??= renew('background');
			return (await pending).credentials;
		},
		async login() {
			// Wait for a login in the background: two at a time would compete for the same cache of the plugin.
			await pending?.catch(() => {});
			pending = renew('terminal');
			await pending;
		},
		async approval() {
			const {by} = (await settings.access()).login;
			const approval = by.kind === 'exec' ? await by.plugin.approval() : undefined;
			return (
				approval && {
					...approval,
					async approve() {
						await approval.approve();
						failure = undefined;
					},
				}
			);
		},
		markAccepted({generation: accepted}) {
			if (cached?.credentials.generation === accepted) cached.isAccepted = true;
		},
		markRefused({generation: refused}) {
			if (cached?.credentials.generation !== refused) return true;
			if (!cached.isAccepted && clock.now() - cached.createdAt < failedLoginRetryMs) return false;
			cached = undefined;
			return true;
		},
	};
}

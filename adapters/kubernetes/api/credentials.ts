import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import type {Secret} from '../../../src/contract/target.ts';
import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ClusterAccess, Impersonation} from '../../../src/port/kubernetes-access.ts';
import type {Clock} from '../../../src/time/clock.ts';
import type {TlsMaterial} from '../../http/agent.ts';
import {type PluginMode, runExecPlugin} from './exec-plugin.ts';

/** A credential is renewed so long before it expires, so that it does not expire on its way. */
const renewBeforeExpiryMs = 60_000;
/** As client-go: tokens of service accounts are replaced long before they expire. */
const tokenFileMs = 60_000;
/** A login that failed is not tried again for every one of the requests that wait for it. */
const failedLoginRetryMs = 10_000;

/** Everything that a request needs to go out, read. Secret as a whole. */
export type RequestCredentials = {
	/** Grows with every renewal. */
	readonly generation: number;
	readonly access: ClusterAccess;
	readonly headers: Readonly<Record<string, string | readonly string[]>>;
	readonly tls: TlsMaterial;
};

export type Credentials = {
	/** @throws AdapterError `denied` when nobody can log in. */
	current(): Promise<RequestCredentials>;
	/**
	 * Makes one anew with the person at the terminal.
	 * @throws AdapterError `unsupported` when the login is no command, `denied` when it failed.
	 */
	login(): Promise<void>;
	/** A program that waits for the user's approval. What failed for want of it is tried again at once when it is given. */
	approval(): Promise<ProgramApproval | undefined>;
	/** The server took this ticket, whatever it answered. */
	markAccepted(ticket: RequestCredentials): void;
	/**
	 * The server refused this ticket with a 401. The next one is made anew, once for all who hold it.
	 * @returns false when there is no point in trying again at once: it is new, and was never accepted.
	 */
	markRefused(ticket: RequestCredentials): boolean;
};

function impersonation(who: Impersonation | undefined): Readonly<Record<string, string | readonly string[]>> {
	if (who === undefined) return {};
	const extra = Object.entries(who.extra).map(([name, values]) => [
		// Bytes that a header's name cannot hold are percent-encoded, and the server decodes them.
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

/** `expiresAt`: when it is to be made anew, in epoch milliseconds. */
type CachedCredentials = {
	readonly ticket: RequestCredentials;
	readonly madeAt: number;
	readonly expiresAt: number;
	accepted: boolean;
};

export function createCredentials(settings: KubernetesSettings, clock: Clock): Credentials {
	let made: CachedCredentials | undefined;
	let making: Promise<CachedCredentials> | undefined;
	let generation = 0;
	let failure: {readonly error: AdapterError; readonly until: number} | undefined;

	async function make(seat: PluginMode): Promise<CachedCredentials> {
		const access = await settings.access();
		const {login} = access;
		if (seat === 'terminal' && login.by.kind !== 'exec') {
			const hint = 'Read it again with refresh; what fails then says why.';
			throw new AdapterError('unsupported', `${access.context} is not logged in to by a command`, hint);
		}
		let bearer: string | undefined;
		let expiresAt = Number.POSITIVE_INFINITY;
		let cert = await login.certificate?.cert.reveal();
		let key = await login.certificate?.key.reveal();
		if (login.by.kind === 'token') bearer = `Bearer ${await login.by.token.reveal()}`;
		else if (login.by.kind === 'token-file') {
			bearer = `Bearer ${await readToken(login.by.token)}`;
			expiresAt = clock.now() + tokenFileMs;
		} else if (login.by.kind === 'basic') {
			const words = `${login.by.username}:${await login.by.password.reveal()}`;
			bearer = `Basic ${Buffer.from(words).toString('base64')}`;
		} else if (login.by.kind === 'exec') {
			const given = await runExecPlugin(login.by.plugin, access, clock, settings, seat);
			if (given.token !== undefined) bearer = `Bearer ${given.token}`;
			if (given.cert !== undefined) {
				cert = given.cert;
				key = given.key;
			}
			if (given.expiresAt !== undefined) {
				// One that lives shorter than the margin is used for half its life.
				const now = clock.now();
				expiresAt = Math.max(given.expiresAt - renewBeforeExpiryMs, now + (given.expiresAt - now) / 2);
			}
		}
		const ca = await access.authority?.reveal();
		generation += 1;
		const ticket: RequestCredentials = {
			generation,
			access,
			headers: {
				...(bearer === undefined ? {} : {Authorization: bearer}),
				...impersonation(settings.impersonate ?? access.impersonate),
			},
			tls: {ca, cert, key, servername: access.servername, insecure: access.insecure},
		};
		return {ticket, madeAt: clock.now(), expiresAt, accepted: false};
	}

	async function makeOnce(seat: PluginMode): Promise<CachedCredentials> {
		try {
			made = await make(seat);
			failure = undefined;
			return made;
		} catch (error) {
			const hint = 'Check the files that the kubeconfig names, and log in again.';
			const told = isAdapterError(error) ? error : new AdapterError('denied', messageOf(error), hint, {cause: error});
			failure = {error: told, until: clock.now() + failedLoginRetryMs};
			throw told;
		} finally {
			making = undefined;
		}
	}

	return {
		async current() {
			if (made !== undefined && clock.now() < made.expiresAt) return made.ticket;
			if (failure !== undefined && clock.now() < failure.until) throw failure.error;
			making ??= makeOnce('background');
			return (await making).ticket;
		},
		async login() {
			// One that is being made without a terminal is waited for: two at a time would race for the same cache of the plugin.
			await making?.catch(() => {});
			making = makeOnce('terminal');
			await making;
		},
		async approval() {
			const {by} = (await settings.access()).login;
			const waits = by.kind === 'exec' ? await by.plugin.approval() : undefined;
			return (
				waits && {
					...waits,
					async approve() {
						await waits.approve();
						failure = undefined;
					},
				}
			);
		},
		markAccepted(ticket) {
			if (made?.ticket.generation === ticket.generation) made.accepted = true;
		},
		markRefused(ticket) {
			if (made?.ticket.generation !== ticket.generation) return true;
			if (!made.accepted && clock.now() - made.madeAt < failedLoginRetryMs) return false;
			made = undefined;
			return true;
		},
	};
}

import {readTlsOptions} from '../../src/files/tls-files.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import type {TlsSettings} from '../../src/port/tls.ts';
import {systemClock} from '../../src/time/clock.ts';
import {type Agents, createAgents, type TlsMaterial} from './agent.ts';
import {proxyFor} from './proxy.ts';

/** Certificate files are replaced while midwatch runs: they are read again after this time. */
const tlsCacheMs = 30_000;
/** A poll sends several requests at once: that many connections stay open between polls. */
const poolSize = {maxSockets: 4, maxIdle: 4};

/** The most connections that can be found stale, one after another. */
export const maxStaleConnections = poolSize.maxIdle;

/** The connections that were opened with the same certificates. */
export type ConnectionSet = {readonly key: string; readonly agents: Agents; inFlight: number; retired: boolean};

export type ConnectionSets = {
	/** The set for a new request; another one after the certificate files have changed. */
	current(): Promise<ConnectionSet>;
	/** Counts a request on this set, until the returned function is called. */
	hold(set: ConnectionSet): () => void;
	/** New requests use a new set; this one is closed when its last request has ended. */
	retire(set: ConnectionSet): void;
	close(): void;
};

async function readTlsMaterial(tls: TlsSettings): Promise<TlsMaterial> {
	const {ca, cert, key, servername} = await readTlsOptions(tls);
	return {ca, cert, key, servername, insecure: false};
}

export function createConnectionSets(
	server: URL,
	{tls: tlsSettings = {}, environment}: Pick<HttpSettings, 'tls' | 'environment'>,
): ConnectionSets {
	let set: ConnectionSet | undefined;
	let material: {readonly readAt: number; readonly tls: Promise<TlsMaterial>} | undefined;

	function tlsMaterial(): Promise<TlsMaterial> {
		if (material !== undefined && systemClock.monotonic() - material.readAt <= tlsCacheMs) return material.tls;
		const tls = readTlsMaterial(server.protocol === 'https:' ? tlsSettings : {});
		material = {readAt: systemClock.monotonic(), tls};
		// After a failure, the next request reads the files again.
		tls.catch(() => {
			material = undefined;
		});
		return tls;
	}

	function retire(retiring: ConnectionSet): void {
		if (set === retiring) set = undefined;
		retiring.retired = true;
		if (retiring.inFlight === 0) retiring.agents.destroy();
	}

	return {
		async current() {
			const tls = await tlsMaterial();
			const key = JSON.stringify(tls);
			if (set?.key === key) return set;
			if (set !== undefined) retire(set);
			const agents = createAgents(server, tls, proxyFor(server, undefined, environment), poolSize);
			set = {key, agents, inFlight: 0, retired: false};
			return set;
		},
		hold(held) {
			held.inFlight += 1;
			return () => {
				held.inFlight -= 1;
				if (held.retired && held.inFlight === 0) held.agents.destroy();
			};
		},
		retire,
		close() {
			set?.agents.destroy();
			set = undefined;
		},
	};
}

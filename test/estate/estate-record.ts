import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

/** The folder that `estate up` creates. Never committed. */
export const estateFolder = fileURLToPath(new URL('../../.estate', import.meta.url));
const recordFile = join(estateFolder, 'estate.json');

export type Login = {readonly user: string; readonly password: string};

/** A process that the estate started. `started` distinguishes it from a later process with the same pid. */
export type ServerProcess = {readonly pid: number; readonly started: string};

type Common = ServerProcess & {
	/** The name by which tests use it: `postgres-15`, `redis-replica`. */
	readonly name: string;
	/** The version that the server reports. */
	readonly version: string;
	readonly host: string;
	readonly port: number;
	readonly dataDir: string;
	readonly log: string;
	/** Set when the server only speaks TLS: paths of PEM files. */
	readonly tls?: {
		readonly ca: string;
		readonly expired: boolean;
		/** A client certificate that it accepts and requires: paths of PEM files. */
		readonly shown?: {readonly cert: string; readonly key: string};
	};
	/** Name of the server that this one follows. */
	readonly replicaOf?: string;
};

export type PostgresServer = Common & {
	readonly kind: 'postgres';
	readonly binaries: string;
	/** Set on a pooler: the server behind it. */
	readonly poolerOf?: {readonly name: string; readonly port: number};
	/**
	 * Superuser `postgres` · `mw_monitor` (pg_monitor) · `mw_operator` (pg_monitor, pg_signal_backend) · `mw_bare` (nothing) · `app`,
	 * an ordinary user that owns the database `shop`: an operator may signal its sessions, and may not signal a superuser's.
	 */
	readonly logins: Readonly<Record<'superuser' | 'monitor' | 'operator' | 'bare' | 'app', Login>>;
};

export type RedisServer = Common & {
	readonly kind: 'redis';
	readonly binary: string;
	/** `noconfig`, `noclient` and `noscan` lack the command in their name; `default` may do everything. */
	readonly logins: Readonly<Record<'default' | 'noconfig' | 'noclient' | 'noscan', Login>>;
};

export type KubernetesServer = Common & {
	readonly kind: 'kubernetes';
	/** Paths of a kubeconfig for each login; demo/kubernetes-api/serving/access.ts defines what each may do. */
	readonly kubeconfigs: Readonly<Record<Login['user'], string>>;
};

/** A listener that advertises another port, on which a test can put a fault proxy. */
export type ProxiedListener = {readonly port: number; readonly advertisedPort: number};

/** One broker. The first is also the controller, so it is the one that a cluster cannot do without. */
export type KafkaNode = ServerProcess & {
	readonly id: number;
	/** The port of its listener without TLS and login. */
	readonly port: number;
	readonly properties: string;
	readonly log: string;
};

export type KafkaServer = Common & {
	readonly kind: 'kafka';
	/** The folder with the jars of the broker and its tools. */
	readonly jars: string;
	readonly nodes: readonly KafkaNode[];
	/** The ports of the first broker's other listeners. All but `faulty` require a login or TLS. On `port` every client is a superuser. */
	readonly listeners?: {
		readonly sasl: number;
		readonly tls: number;
		readonly expired: number;
		readonly saslTls: number;
		/** Without login and TLS. */
		readonly faulty: ProxiedListener;
		/** The requested further listeners, in that order. */
		readonly doors: readonly ProxiedListener[];
	};
	/** The authority of the listeners with TLS: the path of a PEM file. */
	readonly ca?: string;
	/**
	 * The logins of the listeners that require one. `admin` may do everything · `monitor` may describe everything · `operator` may also read, which is to commit,
	 * and delete groups' offsets · `bare` may nothing.
	 */
	readonly logins: Readonly<Record<'admin' | 'monitor' | 'operator' | 'bare', Login>>;
};

/** `/api/v1` and all else is at the root. */
export type PrometheusServer = Common & {
	readonly kind: 'prometheus';
	readonly binary: string;
	readonly args: readonly string[];
	/** Whether POST /-/reload is allowed. */
	readonly lifecycle: boolean;
	/** The only user that is accepted. */
	readonly login?: Login;
};

export type AlertmanagerServer = Common & {
	readonly kind: 'alertmanager';
	readonly binary: string;
	readonly args: readonly string[];
};

/** Exposes metrics at `/metrics`. */
export type ExporterServer = Common & {readonly kind: 'exporter'};

/** Servers that midwatch.yaml names by host, port and password. */
export type NamedServer = PostgresServer | RedisServer;
export type Server =
	| NamedServer
	| KubernetesServer
	| KafkaServer
	| PrometheusServer
	| AlertmanagerServer
	| ExporterServer;
/** A server that midwatch can watch. */
export type WatchedServer = Exclude<Server, ExporterServer>;

export type Estate = {
	/** Temporary; holds all data, logs and certificates. */
	readonly folder: string;
	readonly servers: readonly Server[];
	/** What could not be started, and what to do about it. */
	readonly missing: Readonly<Record<string, string>>;
};

/** The servers' record, as `estate up` left it. Some of them may have ended since: ask `isRunning`. */
export function readEstateRecord(): Estate | undefined {
	if (!existsSync(recordFile)) return undefined;
	return JSON.parse(readFileSync(recordFile, 'utf8')) as Estate;
}

/** Replaces the file atomically: another process may be reading it. */
export function writeEstateRecord(estate: Estate): void {
	mkdirSync(dirname(recordFile), {recursive: true});
	const draft = `${recordFile}.${process.pid}`;
	writeFileSync(draft, `${JSON.stringify(estate, undefined, '\t')}\n`, {mode: 0o600});
	renameSync(draft, recordFile);
}

/** Installed packages stay for the next time. */
export const removeEstateRecord = (): void => rmSync(recordFile, {force: true});

/** Serializes changes of the record between processes. @throws Error when another one does not finish within two minutes. */
export async function withEstateLock<T>(work: () => Promise<T>): Promise<T> {
	mkdirSync(estateFolder, {recursive: true});
	const lock = join(estateFolder, 'lock');
	for (const end = Date.now() + 120_000; ; await pause(100)) {
		try {
			writeFileSync(lock, String(process.pid), {flag: 'wx'});
			break;
		} catch {
			if (!isAlive(lock)) rmSync(lock, {force: true});
			else if (Date.now() > end) throw new Error(`another process changes the estate; when none does, delete ${lock}`);
		}
	}
	try {
		return await work();
	} finally {
		rmSync(lock, {force: true});
	}
}

function isAlive(lock: string): boolean {
	try {
		process.kill(Number(readFileSync(lock, 'utf8')), 0);
		return true;
	} catch (error) {
		return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
	}
}

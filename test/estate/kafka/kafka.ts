import {randomUUID} from 'node:crypto';
import {chownSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Admin, Kafka, logLevel} from 'kafkajs';
import type {CertificateFiles} from '../certificates.ts';
import type {KafkaNode, KafkaServer, Login} from '../estate-record.ts';
import {freePort, runTool, startServer, stopProcess, unprivileged, waitUntilReady} from '../server-process.ts';
import {grantKafka} from './kafka-grants.ts';

const logins: KafkaServer['logins'] = {
	admin: {user: 'admin', password: 'estate-admin'},
	monitor: {user: 'monitor', password: 'estate-monitor'},
	operator: {user: 'operator', password: 'estate-operator'},
	bare: {user: 'bare', password: 'estate-bare'},
};

export type KafkaOptions = {
	readonly name: string;
	readonly jars: string;
	readonly version: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** The first of ten; 0 takes any free ports. */
	readonly port: number;
	readonly brokers: 1 | 3;
	/** Listeners with logins, ACLs and TLS beside the plain one: one broker only. */
	readonly guarded?: {
		readonly valid: CertificateFiles;
		readonly expired: CertificateFiles;
		/** Further listeners, each with the port that it advertises, by default its own. Two may advertise the same port. */
		readonly doors?: readonly {
			/** `MUTUAL`: with TLS and a required client certificate of the same authority. `TOKEN`: accepts unsigned tokens. */
			readonly like: 'FAULTY' | 'SASL' | 'TLS' | 'EXPIRED' | 'MUTUAL' | 'TOKEN';
			readonly advertisedPort?: number;
		}[];
	};
	/** Lines for server.properties. */
	readonly extra?: readonly string[];
};

const javaOptions = [
	...['-Xms128m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xss512k'],
	...['-Djava.awt.headless=true', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
];

const common = [
	'controller.listener.names=CONTROLLER',
	'inter.broker.listener.name=PLAIN',
	'num.network.threads=2',
	'num.io.threads=2',
	'num.partitions=1',
	'offsets.topic.num.partitions=5',
	'transaction.state.log.num.partitions=2',
	'share.coordinator.state.topic.num.partitions=2',
	'group.initial.rebalance.delay.ms=0',
	'group.min.session.timeout.ms=1000',
	'group.consumer.min.session.timeout.ms=1000',
	'group.consumer.min.heartbeat.interval.ms=200',
	'auto.create.topics.enable=false',
	'log.cleaner.enable=false',
	'log.segment.bytes=16777216',
	// A broker that is stopped is fenced, and its followers fall out of sync, within the time a test waits.
	'broker.heartbeat.interval.ms=500',
	'broker.session.timeout.ms=3000',
	'replica.lag.time.max.ms=3000',
	'leader.imbalance.check.interval.seconds=3600',
	'controlled.shutdown.max.retries=1',
];

const replication = (brokers: number): readonly string[] => [
	`default.replication.factor=${brokers}`,
	`offsets.topic.replication.factor=${brokers}`,
	`transaction.state.log.replication.factor=${brokers}`,
	`transaction.state.log.min.isr=${Math.min(brokers, 2)}`,
	`share.coordinator.state.topic.replication.factor=${brokers}`,
	`share.coordinator.state.topic.min.isr=${Math.min(brokers, 2)}`,
];

const plainJaas = `org.apache.kafka.common.security.plain.PlainLoginModule required ${Object.values(logins)
	.map(({user, password}) => `user_${user}="${password}"`)
	.join(' ')};`;
/** The JAAS line for OAuth. With the default validator the broker accepts unsigned tokens that have not expired. */
const tokenJaas =
	'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";';
const scramJaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

/** The settings of listeners with logins and TLS. Every client on a listener without login is the superuser ANONYMOUS. */
function guards(
	keystores: Readonly<Record<'valid' | 'expired' | 'ca', string>>,
	doors: readonly {readonly like: string; readonly name: string}[],
): readonly string[] {
	const sasl = (listener: string) => [
		`listener.name.${listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512`,
		`listener.name.${listener}.plain.sasl.jaas.config=${plainJaas}`,
		`listener.name.${listener}.scram-sha-256.sasl.jaas.config=${scramJaas}`,
		`listener.name.${listener}.scram-sha-512.sasl.jaas.config=${scramJaas}`,
	];
	const tls = (listener: string, keystore: string) => [
		`listener.name.${listener}.ssl.keystore.type=PEM`,
		`listener.name.${listener}.ssl.keystore.location=${keystore}`,
		`listener.name.${listener}.ssl.client.auth=none`,
	];
	const token = (listener: string) => [
		`listener.name.${listener}.sasl.enabled.mechanisms=OAUTHBEARER`,
		`listener.name.${listener}.oauthbearer.sasl.jaas.config=${tokenJaas}`,
	];
	const mutual = (listener: string) => [
		...tls(listener, keystores.valid).slice(0, -1),
		`listener.name.${listener}.ssl.client.auth=required`,
		`listener.name.${listener}.ssl.truststore.type=PEM`,
		`listener.name.${listener}.ssl.truststore.location=${keystores.ca}`,
	];
	return [
		'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
		`super.users=User:ANONYMOUS;User:${logins.admin.user}`,
		...sasl('sasl'),
		...sasl('sasltls'),
		...tls('tls', keystores.valid),
		...tls('sasltls', keystores.valid),
		...tls('expired', keystores.expired),
		...doors.flatMap(({like, name}) => {
			if (like === 'SASL') return sasl(name.toLowerCase());
			if (like === 'FAULTY') return [];
			if (like === 'TOKEN') return token(name.toLowerCase());
			if (like === 'MUTUAL') return mutual(name.toLowerCase());
			return tls(name.toLowerCase(), like === 'TLS' ? keystores.valid : keystores.expired);
		}),
	];
}

const protocols = {
	CONTROLLER: 'PLAINTEXT',
	PLAIN: 'PLAINTEXT',
	SASL: 'SASL_PLAINTEXT',
	TLS: 'SSL',
	EXPIRED: 'SSL',
	SASLTLS: 'SASL_SSL',
	FAULTY: 'PLAINTEXT',
	MUTUAL: 'SSL',
	TOKEN: 'SASL_PLAINTEXT',
};

function own(path: string): string {
	if (unprivileged.uid !== undefined) chownSync(path, unprivileged.uid, unprivileged.gid ?? unprivileged.uid);
	return path;
}

/** Kafka wants the key and the certificate in one file. */
function keystore(folder: string, name: string, certificate: CertificateFiles): string {
	const file = join(folder, `${name}.pem`);
	writeFileSync(file, readFileSync(certificate.key, 'utf8') + readFileSync(certificate.cert, 'utf8'), {mode: 0o600});
	return own(file);
}

const java = (jars: string, program: string, args: readonly string[]): readonly string[] => [
	...javaOptions,
	'-cp',
	join(jars, '*'),
	program,
	...args,
];

/** Starts brokers with nothing in them and waits until each knows of all the others. */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
	const {name, jars, version, brokers, guarded} = options;
	const folder = join(options.folder, name);
	mkdirSync(folder, {recursive: true, mode: 0o755});
	own(folder);
	const wanted = (at: number) => freePort(options.port === 0 ? 0 : options.port + at);
	const controller = await wanted(9);
	const plain: number[] = [];
	for (let id = 0; id < brokers; id++) plain.push(await wanted(id));
	const doors: {
		readonly like: keyof typeof protocols;
		readonly name: string;
		readonly port: number;
		readonly advertisedPort: number;
	}[] = [];
	for (const door of guarded?.doors ?? []) {
		const port = await wanted(0);
		doors.push({advertisedPort: port, ...door, name: `DOOR${doors.length}`, port});
	}
	const listeners = guarded && {
		sasl: await wanted(3),
		tls: await wanted(4),
		expired: await wanted(5),
		saslTls: await wanted(6),
		faulty: {port: await wanted(7), advertisedPort: await wanted(8)},
		doors: doors.map(({port, advertisedPort}) => ({port, advertisedPort})),
	};
	const keystores = guarded && {
		valid: keystore(folder, 'valid', guarded.valid),
		expired: keystore(folder, 'expired', guarded.expired),
		ca: guarded.valid.ca,
	};
	// One that begins with a dash is taken for an option.
	const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').replace(/^-/, 'k');
	const scram = Object.values(logins).flatMap(({user, password}) =>
		['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(how => ['--add-scram', `${how}=[name=${user},password=${password}]`]),
	);

	const advertisedPorts = new Map(
		[...(listeners ? [listeners.faulty] : []), ...doors].map(door => [String(door.port), String(door.advertisedPort)]),
	);
	const advertisedAddress = (listener: string) => listener.replace(/\d+$/, port => advertisedPorts.get(port) ?? port);

	const files = plain.map((port, at) => {
		const id = at + 1;
		const open = [
			`PLAIN://127.0.0.1:${port}`,
			...(listeners
				? [
						...[`SASL://127.0.0.1:${listeners.sasl}`, `TLS://127.0.0.1:${listeners.tls}`],
						...[`EXPIRED://127.0.0.1:${listeners.expired}`, `SASLTLS://127.0.0.1:${listeners.saslTls}`],
						`FAULTY://127.0.0.1:${listeners.faulty.port}`,
						...doors.map(door => `${door.name}://127.0.0.1:${door.port}`),
					]
				: []),
		];
		const lines = [
			`process.roles=${id === 1 ? 'broker,controller' : 'broker'}`,
			`node.id=${id}`,
			`controller.quorum.voters=1@127.0.0.1:${controller}`,
			`listeners=${[...open, ...(id === 1 ? [`CONTROLLER://127.0.0.1:${controller}`] : [])].join(',')}`,
			// Clients go where a broker says that it is, so that a proxy has to stand just there.
			`advertised.listeners=${open.map(advertisedAddress).join(',')}`,
			`listener.security.protocol.map=${[
				...Object.entries(protocols).map(([each, protocol]) => `${each}:${protocol}`),
				...doors.map(door => `${door.name}:${protocols[door.like]}`),
			].join(',')}`,
			`log.dirs=${join(folder, `broker-${id}`)}`,
			...common,
			...replication(brokers),
			...(keystores ? guards(keystores, doors) : []),
			...(options.extra ?? []),
		];
		const file = join(folder, `broker-${id}.properties`);
		writeFileSync(file, `${lines.join('\n')}\n`, {mode: 0o600});
		return own(file);
	});
	for (const file of files) {
		runTool('java', java(jars, 'kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', file, ...scram]));
	}
	const nodes = files.map((properties, at): KafkaNode => {
		const log = join(folder, `broker-${at + 1}.log`);
		return {id: at + 1, port: plain[at] ?? 0, properties, log, ...launch(jars, properties, log)};
	});
	const [first] = nodes;
	if (first === undefined) throw new Error(`${name} has no broker`);
	const server: KafkaServer = {
		kind: 'kafka',
		name,
		version,
		host: '127.0.0.1',
		port: first.port,
		dataDir: folder,
		log: first.log,
		jars,
		logins,
		nodes,
		pid: first.pid,
		started: first.started,
		...(listeners ? {listeners} : {}),
		...(guarded ? {ca: guarded.valid.ca} : {}),
	};
	try {
		for (const node of nodes)
			await waitUntilReady(`${name} broker ${node.id}`, node, () => knowsAll(node, brokers), 90);
		await waitUntilReady(`${name}'s groups`, first, () => coordinates(first));
		if (guarded) await withKafkaAdmin(server, admin => grantKafka(admin, logins));
		return server;
	} catch (error) {
		await stopKafka(server);
		throw error;
	}
}

const launch = (jars: string, properties: string, log: string) =>
	startServer('java', java(jars, 'kafka.Kafka', [properties]), log);

const knowsAll = (node: KafkaNode, brokers: number): Promise<boolean> =>
	withKafkaAdmin(
		{host: '127.0.0.1', port: node.port},
		async admin => (await admin.describeCluster()).brokers.length === brokers,
	);

/** The first request for a group's coordinator makes the brokers create the topic that stores groups. */
const coordinates = (node: KafkaNode): Promise<boolean> =>
	withKafkaAdmin({host: '127.0.0.1', port: node.port}, async admin => {
		await admin.describeCluster();
		return (await admin.describeGroups(['estate'])).groups.length === 1;
	});

/** Starts the brokers of a stopped server on their ports, with what they hold. The pids change. */
export async function restartKafka(server: KafkaServer): Promise<KafkaServer> {
	await stopKafka(server);
	const nodes = server.nodes.map(node => ({...node, ...launch(server.jars, node.properties, node.log)}));
	const [first] = nodes;
	if (first === undefined) throw new Error(`${server.name} has no broker`);
	for (const node of nodes) {
		await waitUntilReady(`${server.name} broker ${node.id}`, node, () => knowsAll(node, nodes.length), 90);
	}
	await waitUntilReady(`${server.name}'s groups`, first, () => coordinates(first));
	return {...server, nodes, pid: first.pid, started: first.started};
}

/** Stops the brokers, the controller last: the others depend on it. */
export async function stopKafka(server: KafkaServer): Promise<void> {
	await Promise.all(server.nodes.filter(node => node.id !== 1).map(node => stopProcess(node)));
	for (const node of server.nodes) await stopProcess(node);
}

/** A kafkajs client without retries and logging. Without a login it is the superuser on the plain listener. */
export function kafkaClient(
	server: Pick<KafkaServer, 'host' | 'port'> & Partial<Pick<KafkaServer, 'listeners'>>,
	login?: Login,
	retries = 0,
): Kafka {
	process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
	const {listeners} = server;
	if (login !== undefined && listeners === undefined) throw new Error('this server has no listener with a login');
	return new Kafka({
		clientId: 'estate',
		brokers: [`${server.host}:${login === undefined ? server.port : listeners?.sasl}`],
		connectionTimeout: 2000,
		requestTimeout: 10_000,
		logLevel: logLevel.NOTHING,
		retry: {retries, initialRetryTime: 100},
		...(login === undefined
			? {}
			: {sasl: {mechanism: 'plain' as const, username: login.user, password: login.password}}),
	});
}

/** Runs work with an admin client, which is closed afterwards. */
export async function withKafkaAdmin<T>(
	server: Pick<KafkaServer, 'host' | 'port'>,
	work: (admin: Admin) => Promise<T>,
): Promise<T> {
	const admin = kafkaClient(server).admin();
	try {
		await admin.connect();
		return await work(admin);
	} finally {
		await admin.disconnect();
	}
}

/** Runs one of Kafka's own tools to its end and gives what it wrote: `org.apache.kafka.tools.consumer.group.ConsumerGroupCommand`. */
export const runKafkaTool = (server: KafkaServer, program: string, args: readonly string[]): string =>
	runTool('java', java(server.jars, program, args));

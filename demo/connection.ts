import type {Connection, Permission} from '../src/contract/system.ts';

export type DemoConnectionOptions<Port> = {
	readonly port: Port;
	readonly version: string;
	/** Our user as the server reports it. */
	readonly user: string;
	/** What it needs on a real server; the demo has it all. */
	readonly permissions: readonly Pick<Permission, 'needs' | 'name'>[];
};

/** A connection to a simulated server in this process: it never fails and needs no closing. */
export const demoConnection = <Port>({
	port,
	version,
	user: who,
	permissions,
}: DemoConnectionOptions<Port>): Connection<Port> => ({
	port,
	async identify({signal}) {
		signal.throwIfAborted();
		return {version, who, latencyMs: 1, channel: 'local'};
	},
	permissions: async () => permissions.map(({needs, name}) => ({needs, name, state: 'have', grant: ''})),
	close: async () => {},
});

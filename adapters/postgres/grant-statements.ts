/** A quoted SQL identifier. */
export const quoteIdentifier = (name: string): string =>
	/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

export const grantReadStatement = (user: string): string => `GRANT pg_monitor TO ${quoteIdentifier(user)};`;

export const grantSignalStatement = (user: string): string => `GRANT pg_signal_backend TO ${quoteIdentifier(user)};`;

/** A name as SQL takes it. */
export const sqlName = (name: string): string =>
	/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

export const grantReading = (user: string): string => `GRANT pg_monitor TO ${sqlName(user)};`;

export const grantSignalling = (user: string): string => `GRANT pg_signal_backend TO ${sqlName(user)};`;

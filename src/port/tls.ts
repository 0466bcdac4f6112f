/** The `tls` settings of a target or a sink. Paths of PEM files, read for each connection, so that a renewed certificate is used. */
export type TlsSettings = {
	/** Certificate authorities to trust; default: those of the system. */
	readonly ca?: string | undefined;
	/** The client certificate and its key: both or neither. */
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	/** The name that the server's certificate must carry, where it is not the host of the address. */
	readonly servername?: string | undefined;
};

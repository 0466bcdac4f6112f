export type BrokerEndpoint = {readonly host: string; readonly port: number};

/** `host:port`. */
export const endpointName = ({host, port}: BrokerEndpoint): string => `${host}:${port}`;

/**
 * How a connection is protected. `local`: it does not leave this machine · `verified`: TLS, and the certificate of the server was verified
 * against its name or its CA · `unverified`: TLS with an unverified certificate · `plain`: no TLS.
 */
export type ChannelSecurity = 'local' | 'verified' | 'unverified' | 'plain';

/**
 * What protects the way to a server: `local`: it does not leave this machine · `verified`: TLS, and the server proved its name or its CA ·
 * `unverified`: TLS with a server that proved nothing · `plain`: no TLS.
 */
export type ChannelSecurity = 'local' | 'verified' | 'unverified' | 'plain';

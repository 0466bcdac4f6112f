import description from '../package.json' with {type: 'json'};

/** The version of package.json, for example `0.1.0`. */
export const version: string = description.version;

export declare const oldestNode: string;
export declare function isOlder(version: string, than: string): boolean;
export declare function needNode(version?: string): void;

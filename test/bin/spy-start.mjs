/*
 * Loaded before midwatch (`--import`): as the first frame goes to the terminal it writes to the file MIDWATCH_SPY what was loaded for it,
 * as JSON: `code` is `none`, `refused` or `taken`, `builtins` are the modules of Node that were loaded since.
 */
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import vm from 'node:vm';

const before = new Set(process.moduleLoadList);
const {Script} = vm;
const {writeSync} = fs;
let code = 'none';

vm.Script = class extends Script {
	constructor(text, options) {
		super(text, options);
		if (options?.cachedData !== undefined) code = this.cachedDataRejected ? 'refused' : 'taken';
	}
};

fs.writeSync = (file, bytes, ...rest) => {
	// What is shorter are modes and questions.
	if (file > 2 && bytes.length > 1000) {
		fs.writeSync = writeSync;
		const loaded = process.moduleLoadList.filter(name => !before.has(name) && name.startsWith('NativeModule '));
		const builtins = loaded.map(name => name.replace('NativeModule ', ''));
		fs.writeFileSync(process.env.MIDWATCH_SPY, JSON.stringify({code, builtins}));
	}
	return writeSync(file, bytes, ...rest);
};
syncBuiltinESMExports();

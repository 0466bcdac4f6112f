import type {Cell, Tone} from '../../src/contract/pane.ts';
import type {Severity} from '../../src/contract/row.ts';

type Graded = {readonly severity: Severity};

export const dim = (text: string): Cell => ({text, tone: 'dim'});

/** The tone of a row's severity; dim when it is ok. */
export const dimIfOk = ({severity}: Graded): Tone => (severity === 'ok' ? 'dim' : severity);

/** In the tone of the row's severity; plain when it is ok. */
export const loudIfWrong = ({severity}: Graded, text: string): Cell =>
	severity === 'ok' ? text : {text, tone: severity};

export const byId = (a: {readonly id: string}, b: {readonly id: string}): number =>
	a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

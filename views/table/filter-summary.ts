import {fieldsOf, type PaneView, type SectionView} from '../../src/table/build-view.ts';
import {unknownFields} from '../../src/table/filter.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {count, grouped} from '../../src/text/format.ts';

/** Other sections of the pane in which something passes the filter: `2 in Silences`. */
const elsewhere = ({sections}: PaneView, here: SectionView): readonly string[] =>
	sections.flatMap(other => (other === here || other.shown === 0 ? [] : [`${other.shown} in ${other.section.title}`]));

/** How many rows the first section of a pane has; when none of them passes the filter, where there are some that do. */
export function amount(view: PaneView, first: SectionView): string {
	const all = count(first.total + first.omitted);
	if (view.filter === '' && !view.faults) return all;
	const [other] = elsewhere(view, first);
	return first.shown === 0 && other !== undefined ? other : `${first.shown} of ${all}`;
}

/** Why nothing of a section is shown that has rows, and the way back. */
export function nothingPasses(section: SectionView, view: PaneView): readonly string[] {
	const {filter, faults} = view;
	const what =
		filter === '' ? 'nothing is wrong here' : `no row ${faults ? 'that is wrong ' : ''}matches /${cleanLine(filter)}`;
	const others = elsewhere(view, section);
	const where = others.length === 0 ? '' : `, but ${others.join(', ')}`;
	const [name] = unknownFields(filter, fieldsOf(section.section));
	const columns = section.section.columns.map(column => column.field).join(' ');
	return [
		`${what}${where}; esc shows all ${grouped(section.total)}`,
		...(name === undefined ? [] : [`no column is called ${name}: it is looked for as text; columns: ${columns}`]),
	];
}

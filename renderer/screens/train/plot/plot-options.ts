import type uPlot from 'uplot';

/** One line of a plot. */
export interface Line {
  readonly label: string;
  /** One for each step; null where there is none. */
  readonly values: readonly (number | null)[];
  /** A colour of the theme. */
  readonly colour: '--accent' | '--ink' | '--ink-soft' | '--warn';
  readonly dash: boolean;
  /** Whether missing values are bridged. */
  readonly gaps: boolean;
  /** Whether the plot reaches so far that it is seen. */
  readonly inView: boolean;
}

interface Wish {
  readonly lines: readonly Line[];
  readonly until: () => number;
  readonly width: number;
  readonly height: number;
  readonly write: (value: number) => string;
  readonly onpoint: (index: number | null) => void;
}

const colourOf = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name);
const font = '12px system-ui, sans-serif';
const dash = [5, 4];

export function plotOptions({ lines, until, width, height, write, onpoint }: Wish): uPlot.Options {
  const axis: uPlot.Axis = {
    font,
    stroke: () => colourOf('--ink-soft'),
    grid: { stroke: () => colourOf('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: (plot) => [0, Math.max(until(), plot.data[0].at(-1) ?? 0, 1)] } },
    axes: [
      { ...axis, size: 28, space: 80, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString()) },
      { ...axis, size: 52, space: 32, values: (_, ticks) => ticks.map(write) },
    ],
    series: [
      {},
      ...lines.map(({ colour, dash: dashed, gaps, inView }): uPlot.Series => ({
        auto: inView,
        stroke: () => colourOf(colour),
        width: dashed ? 1.25 : 2,
        ...(dashed && { dash }),
        spanGaps: gaps,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onpoint(plot.cursor.idx ?? null)] },
  };
}

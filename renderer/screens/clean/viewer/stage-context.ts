import { createContext } from 'svelte';
import type { Stage } from './stage.svelte.ts';

export const [getStage, setStage] = createContext<Stage>();

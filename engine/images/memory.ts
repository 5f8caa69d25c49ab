export { foreseenMemory } from '../../contract/image-memory.ts';

/** No picture with more pixels is decoded, whatever the memory (the limit of the picture library). */
export const mostPixels = 268_402_689;

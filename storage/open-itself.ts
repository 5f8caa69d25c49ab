import { constants } from 'node:fs';

const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Flags that open neither what a link leads to, nor a pipe so that it waits for the other end. */
export const itself = O_NOFOLLOW | O_NONBLOCK;

/** The same for writing at the end of a file, which is made where there is none. */
export const appending = O_APPEND | O_CREAT | O_WRONLY | itself;

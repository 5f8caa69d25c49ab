import { constants } from 'node:fs';

const { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Flags that open neither what a link leads to, nor a pipe so that it waits for the other end. */
export const itself = O_NOFOLLOW | O_NONBLOCK;

/** The same for writing at the end of a file, which is made where there is none. */
export const appending = O_APPEND | O_CREAT | O_WRONLY | itself;

/** For reading what a name leads to; a pipe that has taken its place does not wait for its other end. */
export const reading = O_RDONLY | O_NONBLOCK;

/** For reading what has the name itself. */
export const readingItself = O_RDONLY | itself;

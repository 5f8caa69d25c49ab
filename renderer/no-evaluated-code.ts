import { config } from 'zod';

// A window may not make code of text (its content security policy says so); zod would try to, for speed. Schemas ask for
// this when they are made, so it comes before all of them.
config({ jitless: true });

/** What the threads share, besides messages: whether the worker is in a call, and whether the process is about to end. */
export const busy = 0
export const leaving = 1

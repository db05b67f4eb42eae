// What each of our programs does first.
#ifndef SANDPOOL_BEGIN_H
#define SANDPOOL_BEGIN_H

// Signals as every program has them, but for those that are ignored; the three standard streams and no other descriptor; / as its folder.
// -1, and errno says why.
int begin_process(void);

#endif

#include "base/memory_trim.h"

#include <malloc.h>

void memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/*
 * Tables of the kernel, which a container may have put something else in the
 * place of. What is read of them is within its bounds.
 */
#include "base/check.h"
#include "node/owner/machine_reading.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_make(data, size);
    struct machine_reading reading = {0};
    char interface[MACHINE_INTERFACE_SIZE] = "";

    if (machine_read_processors(text, 100, &reading))
        CHECK(reading.processors && reading.knows_processors);
    if (machine_read_route(text, interface) ||
        machine_read_route6(text, interface))
        CHECK(strlen(interface) > 0);
    return 0;
}

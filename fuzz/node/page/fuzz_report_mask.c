/*
 * What a report hides, in whatever a task has written into its log: a value
 * that is known is never left, and what is hidden stays so.
 */
#include "base/check.h"
#include "node/page/report_mask.h"

#include <string.h>

#define VALUE "s3cret-value"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report_mask *mask =
        report_mask_new("{\"a\":\"" VALUE "\"}", "/home/alice");
    struct buffer once = {0}, twice = {0};

    if (size > 65536)
        size = 65536;
    report_mask_write(mask, (struct bytes){data, size}, &once);
    CHECK(!once.size ||
          !memmem(once.data, once.size, VALUE, sizeof(VALUE) - 1));
    report_mask_write(mask, buffer_view(&once), &twice);
    buffer_free(&once);
    buffer_free(&twice);
    report_mask_free(mask);
    return 0;
}

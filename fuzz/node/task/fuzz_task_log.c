/*
 * Lines of a task's log, which a stranger's program writes: reading a head
 * stays inside the line, and hiding secrets leaves a text without the value.
 */
#include "base/check.h"
#include "crypto/key.h"
#include "node/task/log_hide.h"
#include "node/task/log_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char value[] = "a-secret-value";
    struct log_line line = {.whole = bytes_make(data, size)};
    struct log_hide hide = {0};
    struct buffer out = {0};

    crypto_init();
    log_line_read(&line);
    CHECK(line.text.size <= size);
    CHECK(!size || (line.text.data >= data &&
                    line.text.data + line.text.size == data + size));
    CHECK(line.has_head || line.text.size == size);

    log_hide_values(&hide, "{\"A\":\"a-secret-value\"}");
    log_hide_write(&hide, bytes_make(data, size), &out);
    CHECK(!memmem(out.data, out.size, value, strlen(value)));
    log_hide_free(&hide);
    buffer_free(&out);
    return 0;
}

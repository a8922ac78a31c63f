/*
 * Where code lies is asked of the dynamic linker, because the sandbox shows no
 * /proc/self/maps.
 */
#include "runtime/worker/worker_memory.h"
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether the linker has written into pages that are not writable now. Then
 * what is in them is not what the file has. */
static bool has_text_relocations(const struct dl_phdr_info *object)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *entry =
            (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL ||
                (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
                return true;
    }
    return false;
}

/* Data that the linker makes read-only after it has written to it (RELRO) lies
 * in a writable segment, and so is left alone. A refusal leaves things as they
 * are. */
static int release(struct dl_phdr_info *object, size_t size, void *user)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    if (strstr(object->dlpi_name, "vdso") || has_text_relocations(object))
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
            continue;
        uintptr_t from = object->dlpi_addr + segment->p_vaddr;
        uintptr_t until = from + segment->p_filesz;
        from &= ~(page - 1);
        (void)madvise((void *)from, until - from, MADV_DONTNEED);
    }
    return 0;
}

void worker_memory_release_code(void)
{
    dl_iterate_phdr(release, NULL);
}

/* What is linked in the place of the page with -Dpage=disabled. */
#include "page/page_assets.h"

const struct page_asset page_assets[] = {{0}};
const char page_build[] = "";

// SPDX-License-Identifier: BSD-2-Clause
#include "kern/preorder.h"

namespace kern {

void Preorder::replace(TreeLink& old, TreeLink& fresh) const {
    insert_before(old, fresh, old.kind);
    remove(old);
}

} // namespace kern

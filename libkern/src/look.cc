// SPDX-License-Identifier: BSD-2-Clause
#include "look.h"

namespace kern {

PageTables::Spot PageTables::find(const Space& space, VAddr va) const { return look(space, va); }

} // namespace kern

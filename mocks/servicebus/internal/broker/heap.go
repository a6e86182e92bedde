package broker

// heap is a binary heap whose elements know their place in it, so that any of
// them can be removed or moved in logarithmic time. before orders the elements;
// place points at the element's own record of its index, kept 1-based so that
// the zero value of an element is "not in the heap".
type heap[T any] struct {
	items  []T
	before func(a, b T) bool
	place  func(T) *int
}

func (h *heap[T]) len() int { return len(h.items) }

// min is the first element; the heap must not be empty.
func (h *heap[T]) min() T { return h.items[0] }

func (h *heap[T]) has(v T) bool { return *h.place(v) != 0 }

func (h *heap[T]) push(v T) {
	h.items = append(h.items, v)
	*h.place(v) = len(h.items)
	h.up(len(h.items) - 1)
}

func (h *heap[T]) pop() T {
	v := h.items[0]
	h.remove(v)
	return v
}

// remove takes v out; nothing happens when it is not in.
func (h *heap[T]) remove(v T) {
	i := *h.place(v) - 1
	if i < 0 {
		return
	}
	last := len(h.items) - 1
	h.swap(i, last)
	var none T
	h.items[last] = none
	h.items = h.items[:last]
	*h.place(v) = 0
	if i < last {
		h.fixAt(i)
	}
}

// fix restores the order after v's key changed.
func (h *heap[T]) fix(v T) { h.fixAt(*h.place(v) - 1) }

func (h *heap[T]) fixAt(i int) {
	if !h.down(i) {
		h.up(i)
	}
}

func (h *heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.place(h.items[i]), *h.place(h.items[j]) = i+1, j+1
}

func (h *heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.before(h.items[i], h.items[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap[T]) down(i int) (moved bool) {
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			return moved
		}
		if right := child + 1; right < len(h.items) && h.before(h.items[right], h.items[child]) {
			child = right
		}
		if !h.before(h.items[child], h.items[i]) {
			return moved
		}
		h.swap(i, child)
		i, moved = child, true
	}
}

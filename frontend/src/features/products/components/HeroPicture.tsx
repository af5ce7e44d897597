/** A drawing in the colours of the theme. */
export function HeroPicture() {
  return (
    <svg
      className="hero-picture"
      viewBox="0 0 640 400"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect className="hero-wall" width="640" height="400" />
      <circle className="hero-sun" cx="462" cy="150" r="96" />
      <path className="hero-arch" d="M70 330V170a90 90 0 0 1 180 0v160Z" />
      <rect className="hero-table" y="322" width="640" height="78" />
      <path
        className="hero-plant"
        d="M160 262c-8-60-44-84-70-88 2 44 24 78 62 92m8-4c0-70 22-118 52-138 16 50 2 108-46 142m-6 0c14-34 50-56 84-52-6 34-38 58-78 58"
      />
      <path className="hero-pot" d="M118 258h88l-10 78h-68Z" />
      <path className="hero-vase" d="M330 196h56v34c44 22 50 70 30 108H300c-20-38-14-86 30-108Z" />
      <path className="hero-cup" d="M470 274h86v34a36 36 0 0 1-36 34h-14a36 36 0 0 1-36-34Z" />
      <path className="hero-handle" d="M556 284h12a18 18 0 0 1 0 36h-14" />
      <ellipse className="hero-line" cx="358" cy="196" rx="28" ry="6" />
    </svg>
  );
}
